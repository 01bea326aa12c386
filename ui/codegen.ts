import type { CodegenConfig } from "@graphql-codegen/cli";

const scalars = {
  uuid: "string",
  UUID: "string",
  timestamptz: "string",
  DateTime: "string",
  interval: "string",
  numeric: "number",
  bigint: "number",
  float8: "number",
  json: "unknown",
  jsonb: "unknown",
  JSON: "unknown",
  _text: "string[]",
  _uuid: "string",
};

// schema.graphql is what the engine serves (tests/ui holds it to that); `python ui/schema.py` writes it anew.
// Each page's documents stand in its *.graphql files; beside each, what is made of it.
const config: CodegenConfig = {
  schema: "schema.graphql",
  documents: "src/**/*.graphql",
  generates: {
    "src/api/types.gen.ts": {
      plugins: ["typescript-operations"],
      config: {
        scalars,
        generateOperationTypes: false,
        enumsAsTypes: true,
        skipTypename: true,
        useTypeImports: true,
      },
    },
    "src/": {
      preset: "near-operation-file",
      presetConfig: { baseTypesPath: "api/types.gen.ts", extension: ".gen.ts" },
      plugins: ["typescript-operations", "typed-document-node"],
      config: {
        scalars,
        skipTypename: true,
        useTypeImports: true,
        enumsAsTypes: true,
        optimizeDocumentNode: true,
        importSchemaTypesFrom: "src/api/types.gen.ts",
      },
    },
  },
};
export default config;
