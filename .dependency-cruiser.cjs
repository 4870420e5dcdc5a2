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
  client: { loads: [], types: [], temporal: [] },
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

/** Folders inside a layer that are shared subjects. Every other folder there is a pathway's, also one that nobody has thought of yet. */
const sharedFolders = [
  'sign-in',
  'kit',
  'time',
  'alliance',
  'directory',
  'messages',
  'interfaces',
  'readings',
  'demo',
  'admin',
  'administration',
  'fhir',
  'hl7v2',
  'migrations',
];
const layersWithPathways = '^(domain|activities|db|api)/';

module.exports = {
  forbidden: [
    {
      name: 'kit-knows-no-pathway',
      comment: 'What every pathway uses must work for the next one too: a pathway joins by its entry in the registry.',
      severity: 'error',
      from: { path: '^[^/]+/kit/', pathNot: '/kit/registry\\.ts$' },
      to: { path: [`${layersWithPathways}(?!(${sharedFolders.join('|')})/)[^/]+/`, '^workflows/(?!kit/)'] },
    },
    {
      name: 'no-circles',
      comment: 'Files that import one another, be it their types only, can be understood only all at once.',
      severity: 'error',
      from: { path: ours },
      to: { circular: true },
    },
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
