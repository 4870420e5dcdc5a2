/** Who may import whom. A folder may always import itself; `import type` leaves no trace in the running code, so it is let further. */
const justTypes = ['type-only', 'type-import'];
const within = (...folders) => `^(${folders.join('|')})/`;
const temporal = (...names) => `node_modules/@temporalio/(${names.join('|')})/`;

/** Folders whose other packages are free: what of ours they load, what of ours they take types of, which Temporal packages they load. */
const folders = {
  activities: { loads: ['domain', 'db'], types: ['platform', 'workflows'], temporal: ['activity', 'common'] },
  api: {
    loads: ['domain', 'db', 'platform', 'interop', 'documents'],
    types: ['workflows', 'activities'],
    temporal: ['client', 'common', 'proto'],
  },
  db: { loads: ['domain'], types: [], temporal: [] },
  interop: { loads: ['domain', 'db', 'platform'], types: [], temporal: [] },
  documents: { loads: ['domain', 'db'], types: [], temporal: [] },
  platform: { loads: ['domain'], types: ['workflows'], temporal: ['client', 'common'] },
  worker: { loads: ['domain', 'workflows', 'activities', 'db', 'platform', 'interop'], types: [], temporal: ['.*'] },
  web: { loads: [], types: [], temporal: [] },
};
const ours = within('domain', 'workflows', 'tools', 'bench', ...Object.keys(folders));

const rulesOfFolders = Object.entries(folders).flatMap(([folder, may]) => [
  {
    name: `${folder}-loads`,
    severity: 'error',
    from: { path: within(folder) },
    to: {
      path: [ours, temporal('.*')],
      pathNot: [within(folder, ...may.loads), temporal(...may.temporal)],
      dependencyTypesNot: justTypes,
    },
  },
  {
    name: `${folder}-types`,
    severity: 'error',
    from: { path: within(folder) },
    to: { path: ours, pathNot: within(folder, ...may.loads, ...may.types), dependencyTypes: justTypes },
  },
]);

module.exports = {
  forbidden: [
    {
      name: 'domain-stands-alone',
      comment: 'Pure rules, run by every process and replayed years later: no package, no Node module, not even their types.',
      severity: 'error',
      from: { path: within('domain') },
      to: { pathNot: within('domain') },
    },
    {
      name: 'workflows-load',
      comment: 'It goes into the bundle and must replay for years. Schema libraries there have eaten the memory of whole workers.',
      severity: 'error',
      from: { path: within('workflows') },
      to: { pathNot: [within('workflows', 'domain'), temporal('workflow', 'common')], dependencyTypesNot: justTypes },
    },
    ...rulesOfFolders,
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { pathNot: within('test') },
      to: { path: within('test') },
    },
    {
      name: 'runs-without-development-packages',
      comment: 'The image is installed with --omit=dev.',
      severity: 'error',
      from: { path: [within('domain', 'workflows', ...Object.keys(folders)), '^tools/(migrate|setup/)'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: justTypes },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^tools/runtime'] },
    exclude: { path: '^\\.carepath' },
    // sees `import type` too
    tsPreCompilationDeps: true,
  },
};
