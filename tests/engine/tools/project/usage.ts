// What a program does with generated types; it compiles only if they are right.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";

import { ArticleDocument, AuthorsDocument, RenameDocument } from "./operations";

declare function run<Data, Variables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Data>;

export async function program(): Promise<string[]> {
  const { author } = await run(AuthorsDocument, {
    where: { name: { _ilike: "a%" }, articles: { views: { _gt: 3 } } },
    order: [{ name: "asc" }],
  });
  const found: string[] = author.map((row) => row.name);
  const nickname: string | null | undefined = author[0].nickname;
  const count: number | undefined = author[0].articles_aggregate.aggregate?.count;
  const { article } = await run(ArticleDocument, { id: "00000000-0000-0000-0000-000000000000" });
  // @ts-expect-error a row that may be absent
  found.push(article.id);
  // @ts-expect-error the name is required
  await run(RenameDocument, { id: 1 });
  // @ts-expect-error no such operator
  await run(AuthorsDocument, { where: { name: { _nope: "x" } } });
  // @ts-expect-error no such direction
  await run(AuthorsDocument, { order: { name: "up" } });
  return [...found, nickname ?? "", String(count)];
}
