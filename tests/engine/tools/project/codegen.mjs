// Types and typed operations from the engine's own introspection. ENGINE_URL is the endpoint, OUT the directory.
export default {
  schema: process.env.ENGINE_URL,
  documents: [process.env.DOCUMENTS],
  config: {
    scalars: { uuid: "string", timestamptz: "string", bigint: "number", smallint: "number", jsonb: "unknown" },
  },
  generates: {
    [`${process.env.OUT}/schema.ts`]: { plugins: ["typescript"] },
    [`${process.env.OUT}/operations.ts`]: { plugins: ["typescript-operations", "typed-document-node"] },
  },
};
