// Turns tariff.js into plugin.wasm: `node build.js [FOLDER OF THE CONTRACT]`.

import { writeFile } from 'node:fs/promises';
import { componentize } from '@bytecodealliance/componentize-js';

// A tariff needs none of these, and without them the component imports no WASI at all.
const disableFeatures = ['clocks', 'fetch-event', 'http', 'random', 'stdio'];

const witPath = process.argv[2] ?? '../../wit';
const { component } = await componentize({ sourcePath: 'tariff.js', witPath, worldName: 'pricing', disableFeatures });
await writeFile('plugin.wasm', component);
