/** The symbol of a label, a DataMatrix, as its modules. */
import { type DrawingContext, render } from 'bwip-js/node';
import { elementStringOf, type LabelContent, printedCodeOf } from '../../domain/sterile-supply/labels.ts';

/** Rows from the top of modules from the left; true is dark. Without the quiet zone of one module around it. */
export type Modules = readonly (readonly boolean[])[];

/** A GS1 DataMatrix of the element string where the label has one, else one of the printed code. Throws for an element string that is not legal. */
export function buildSymbol(label: LabelContent): Modules {
  const elementString = elementStringOf(label);
  return elementString === null
    ? render({ bcid: 'datamatrix', text: printedCodeOf(label), scale: 1 }, createModuleDrawing())
    : render({ bcid: 'gs1datamatrix', text: elementString, scale: 1 }, createModuleDrawing());
}

type Point = [x: number, y: number];

/** At scale 1 a module is 1 × 1, and the symbol comes as the outlines of its dark areas; what lies inside an odd number of them is dark. */
function createModuleDrawing(): DrawingContext<Modules> {
  let size = { width: 0, height: 0 };
  const outlines: Point[][] = [];
  const isDark = (x: number, y: number): boolean => {
    let crossings = 0;
    for (const outline of outlines)
      for (const [index, [fromX, fromY]] of outline.entries()) {
        const [toX, toY] = outline[(index + 1) % outline.length] as Point;
        if (fromX === toX && fromX <= x && Math.min(fromY, toY) <= y && y < Math.max(fromY, toY)) crossings += 1;
      }
    return crossings % 2 === 1;
  };
  const refuse = (): never => {
    throw new Error('A DataMatrix is drawn with outlines alone.');
  };
  return {
    scale: () => [1, 1],
    measure: () => ({ width: 0, ascent: 0, descent: 0 }),
    init(width, height) {
      size = { width, height };
    },
    line: refuse,
    polygon(points) {
      outlines.push(points);
    },
    hexagon: refuse,
    ellipse: refuse,
    fill: () => {},
    text: refuse,
    end: () => Array.from({ length: size.height }, (_, y) => Array.from({ length: size.width }, (_, x) => isDark(x + 0.5, y + 0.5))),
  };
}
