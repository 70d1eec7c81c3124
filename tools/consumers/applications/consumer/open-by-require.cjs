const core = require("@tetrad/core");

const { openStorage } = require("./open-storage.mjs");

void openStorage(core).then((report) => console.log(JSON.stringify(report)));
