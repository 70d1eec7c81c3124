import * as core from "@tetrad/core";

import { openStorage } from "./open-storage.mjs";

console.log(JSON.stringify(await openStorage(core)));
