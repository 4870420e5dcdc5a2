/** The compiler over the project's own files, some of which are replaced by other texts that stand in no folder. */
import { join, relative } from 'node:path';
import ts from 'typescript';

/** Every file that runs in production. */
const folders = ['activities', 'api', 'db', 'documents', 'domain', 'interop', 'platform', 'worker', 'workflows'];

export interface TypeChecker {
  /**
   * The type errors when the project has these texts, as `path: message`, of the first file that has any: one is enough to stop the build. Looks into the
   * given files only, in their order; without `paths` into all files.
   */
  findErrors(texts: ReadonlyMap<string, string>, paths?: readonly string[]): string[];
  /** The files that run in production and have this word in them, as they stand in the folder. */
  listFilesWith(word: string): string[];
}

export function createTypeChecker(root: string): TypeChecker {
  const parsed = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.json'), {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic });
  if (!parsed) throw new Error('tsconfig.json cannot be read.');
  const { options, fileNames } = parsed;
  const production = fileNames.filter((file) => folders.some((folder) => relative(root, file).startsWith(`${folder}/`)));
  /** What no text replaces is parsed once. */
  const kept = new Map<string, ts.SourceFile | undefined>();
  let last: ts.Program | undefined;

  function buildProgram(texts: ReadonlyMap<string, string>): ts.Program {
    const replaced = new Map([...texts].map(([path, text]) => [join(root, path), text]));
    const host = ts.createCompilerHost(options);
    const { readFile, fileExists, directoryExists, getSourceFile } = host;
    const newFolders = new Set([...replaced.keys()].map((file) => file.slice(0, file.lastIndexOf('/'))));
    host.readFile = (file) => replaced.get(file) ?? readFile(file);
    host.fileExists = (file) => replaced.has(file) || fileExists(file);
    host.directoryExists = (folder) => newFolders.has(folder) || (directoryExists?.(folder) ?? true);
    host.getSourceFile = (file, target, ...rest) => {
      const text = replaced.get(file);
      if (text !== undefined) return ts.createSourceFile(file, text, target, true);
      if (!kept.has(file)) kept.set(file, getSourceFile.call(host, file, target, ...rest));
      return kept.get(file);
    };
    const rootNames = [...new Set([...production, ...replaced.keys()])];
    last = ts.createProgram({ rootNames, options, host, ...(last ? { oldProgram: last } : {}) });
    return last;
  }

  return {
    listFilesWith: (word) => production.filter((file) => ts.sys.readFile(file)?.includes(word)).map((file) => relative(root, file)),
    findErrors(texts, paths) {
      const program = buildProgram(texts);
      const files = paths ? paths.map((path) => program.getSourceFile(join(root, path))) : program.getSourceFiles();
      for (const file of files) {
        if (!file || file.fileName.includes('/node_modules/')) continue;
        const errors = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
        if (errors.length > 0)
          return errors.map(({ messageText }) => `${relative(root, file.fileName)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
      }
      return [];
    },
  };
}

function onUnRecoverableConfigFileDiagnostic({ messageText }: ts.Diagnostic): never {
  throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'));
}
