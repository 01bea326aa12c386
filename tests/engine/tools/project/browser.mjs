// Opens GraphiQL in a real browser, reads the docs it made of the schema and runs its query.
// argv: browser, page's URL, file of the screenshot. Prints JSON: {docs, result, errors}.
import { chromium } from "playwright-core";

const [executablePath, url, screenshot] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
try {
  const page = await browser.newPage({ viewport: { width: 1300, height: 800 } });
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(url);
  await page.getByRole("button", { name: /documentation explorer/i }).click();
  const docs = page.locator(".graphiql-doc-explorer");
  await docs.getByText("query_root").click();
  await docs.getByText("author_by_pk", { exact: true }).waitFor();
  await docs.getByText("author_by_pk", { exact: true }).click();
  await docs.getByText("Int!").first().waitFor();
  const shown = await docs.innerText();
  await page.getByRole("button", { name: /execute query/i }).click();
  const result = page.locator(".result-window");
  await result.getByText("articles_aggregate").waitFor();
  await page.screenshot({ path: screenshot });
  console.log(JSON.stringify({ docs: shown, result: await result.innerText(), errors }));
} finally {
  await browser.close();
}
