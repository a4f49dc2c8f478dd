// Makes one script of an example, as your own bundler would: node bundle.cjs react-page.tsx page.js
// Needs esbuild, and react with react-dom or vue, where Node finds them.
const { readFileSync } = require("fs");
const { delimiter } = require("path");
const esbuild = require("esbuild");

// A single-file component is a script whose template was compiled into it.
const vue = {
  name: "vue",
  setup(build) {
    build.onLoad({ filter: /\.vue$/ }, ({ path }) => {
      const { compileScript, parse } = require("vue/compiler-sfc");
      const { descriptor } = parse(readFileSync(path, "utf8"), { filename: path });
      const compilerOptions = { isCustomElement: (tag) => tag === "portico-portal" };
      const { content } = compileScript(descriptor, { id: path, inlineTemplate: true, templateOptions: { compilerOptions } });
      return { contents: content, loader: "js" };
    });
  },
};

const [, , entry, outfile] = process.argv;
esbuild
  .build({
    bundle: true,
    define: {
      "process.env.NODE_ENV": '"production"',
      __VUE_OPTIONS_API__: "false",
      __VUE_PROD_DEVTOOLS__: "false",
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
    },
    entryPoints: [entry],
    jsx: "automatic",
    minify: true,
    nodePaths: (process.env.NODE_PATH ?? "").split(delimiter).filter(Boolean),
    outfile,
    plugins: [vue],
  })
  .catch(() => process.exit(1));
