#!/usr/bin/env node
// The published command. It must parse and run under any Node, to say what to do where Node is too old; so it uses
// old syntax only, and loads the program, which is not, after the check.
const major = Number(process.versions.node.split(".")[0]);
if (major >= 24) {
  import("../dist/main.js").catch((error) => {
    console.error(error);
    process.exit(1);
  });
} else {
  process.stderr.write(
    "keelson: needs Node 24 or newer, and this is Node " +
      process.versions.node +
      ".\nInstall Node 24, or run it once with: npx -p node@24 -p keelson keelson\n",
  );
  process.exit(3);
}
