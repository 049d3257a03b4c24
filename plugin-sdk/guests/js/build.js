// Turns plugin.js into a component: `node build.js CONTRACT WORLD OUT`, as `amprule build` does.

import { writeFile } from 'node:fs/promises';
import { componentize } from '@bytecodealliance/componentize-js';

// A rule needs none of these, and without them the component imports no WASI at all.
const disableFeatures = ['clocks', 'fetch-event', 'http', 'random', 'stdio'];

const [witPath = 'wit', worldName = 'pricing', out = 'plugin.wasm'] = process.argv.slice(2);
const { component } = await componentize({ sourcePath: 'plugin.js', witPath, worldName, disableFeatures });
await writeFile(out, component);
