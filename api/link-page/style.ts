/** The style of the pages of a link: large type, wide buttons, nothing that moves, readable at 320 px and at twice the size. */
import { createHash } from 'node:crypto';

export const style = `
:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0;font:20px/1.6 system-ui,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;color:#1a1a1a;background:#f4f5f7;overflow-wrap:anywhere}
main{max-width:34rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem;line-height:1.3;margin:.5rem 0 1rem}
h2{font-size:1.25rem;line-height:1.35;margin:0 0 .5rem}
p{margin:.5rem 0}
section,article{background:#fff;border:1px solid #c9ced6;border-radius:.6rem;padding:1rem;margin:0 0 1rem}
article.late{border:3px solid #9c2b1f}
.state{display:inline-block;font-weight:700;padding:.1rem .6rem;border-radius:.4rem;background:#e4e8ee}
.late .state{background:#9c2b1f;color:#fff}
.done .state{background:#1f6b3a;color:#fff}
.notice{border:3px solid #1c5aa6;background:#eaf2fc;font-weight:700}
.danger{border:3px solid #9c2b1f;background:#fdecea;font-weight:700}
label{display:block;margin:.75rem 0 .25rem}
.pick{display:flex;gap:.75rem;align-items:center;min-height:3rem;margin:.25rem 0}
.pick input{flex:none;width:1.6rem;height:1.6rem}
input[type=text]{width:100%;font:inherit;font-size:1.5rem;padding:.5rem .75rem;border:2px solid #5b6470;border-radius:.5rem;background:#fff;color:inherit}
button,.button{display:block;width:100%;min-height:3.25rem;margin:.75rem 0 0;padding:.5rem 1rem;font:inherit;font-weight:700;line-height:1.3;text-align:center;text-decoration:none;border:2px solid #174c8c;border-radius:.6rem;background:#174c8c;color:#fff;cursor:pointer}
button.plain,summary{background:#fff;color:#174c8c}
summary{min-height:3.25rem;margin:.75rem 0 0;padding:.65rem 1rem;font-weight:700;line-height:1.3;border:2px solid #174c8c;border-radius:.6rem;cursor:pointer}
details[open]>summary{background:#eaf2fc}
:focus-visible{outline:4px solid #e0a100;outline-offset:2px}
@media print{button,summary,details{display:none}body{background:#fff}}
`;

/** By which the page may use this style and no other. */
export const styleHash = createHash('sha256').update(style).digest('base64');
