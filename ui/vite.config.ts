import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

/** Writes a .br and a .gz beside each file worth it, so that the server never compresses. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    generateBundle: {
      // After vite's own, which puts the list of what to preload into the code.
      order: "post",
      handler(_, bundle) {
        for (const [fileName, file] of Object.entries(bundle)) {
          const source = file.type === "chunk" ? file.code : file.source;
          const bytes = Buffer.from(source);
          // index.html is changed by the server: it says where the root is.
          if (bytes.length < 1024 || fileName.endsWith(".html") || fileName.endsWith(".woff2")) continue;
          const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } };
          this.emitFile({
            type: "asset",
            fileName: `${fileName}.br`,
            source: brotliCompressSync(bytes, quality),
          });
          this.emitFile({ type: "asset", fileName: `${fileName}.gz`, source: gzipSync(bytes, { level: 9 }) });
        }
      },
    },
  };
}

export default defineConfig({
  // Relative: the page may stand under any path of any host (index.html's <base>).
  base: "./",
  plugins: [react(), tailwindcss(), { ...compressed(), enforce: "post" }],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: {
    target: "es2023",
    sourcemap: false,
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      output: {
        // A browser opens six connections to a host that speaks HTTP/1.1: thirty small files are five round trips.
        // What every page begins with is one file, what most of them share is another.
        codeSplitting: {
          groups: [
            { name: "first", tags: ["$initial"], priority: 2 },
            {
              name: "shared",
              test: /\/src\/(api|lib|components)\/[^/]+\.tsx?$|\/node_modules\/@tanstack\/(react-virtual|virtual-core)\//,
              minShareCount: 4,
              priority: 1,
            },
          ],
        },
      },
    },
  },
  worker: { format: "es" },
  server: {
    // `npm run dev` beside `make up`.
    proxy: { "/graphql": { target: process.env.LICTOR_URL ?? "http://127.0.0.1:4200", ws: true } },
  },
});
