/** GraphiQL 4, the last with CodeMirror: version 5 brings Monaco, eight times the size in the wheel. */
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import "graphiql/style.css";
import "./explorer.css";
import { useEditorContext } from "@graphiql/react";
import { createClient } from "graphql-ws";
import { useEffect, useRef } from "react";
import { headers, watchedFetch } from "@/api/client";
import { apiUrl } from "@/lib/base";
import { useTheme } from "@/lib/theme";
import { EXAMPLES } from "./examples";

type Example = (typeof EXAMPLES)[number];

// Asked anew for each call: another team or key may have been chosen.
const fetcher = createGraphiQLFetcher({
  url: apiUrl(),
  wsClient: createClient({ url: apiUrl(true), lazy: true, connectionParams: () => ({ headers: headers() }) }),
  fetch: (input, init) =>
    watchedFetch(input, { ...init, headers: { ...(init?.headers as Record<string, string>), ...headers() } }),
});

export default function Explorer({ example }: { example: Example | undefined }) {
  return (
    <GraphiQL
      fetcher={fetcher}
      forcedTheme={useTheme()}
      defaultQuery={EXAMPLES[0]?.query ?? ""}
      shouldPersistHeaders={false}
    >
      <GraphiQL.Logo>
        <OpenExample example={example} />
      </GraphiQL.Logo>
    </GraphiQL>
  );
}

/** Puts the example that was chosen into the editors. */
function OpenExample({ example }: { example: Example | undefined }) {
  const { queryEditor, variableEditor, headerEditor, responseEditor } = useEditorContext({ nonNull: true });
  useEffect(() => {
    // GraphiQL gives its fields no names, without which a screen reader cannot tell them apart.
    queryEditor?.getInputField().setAttribute("aria-label", "Query");
    variableEditor?.getInputField().setAttribute("aria-label", "Variables");
    headerEditor?.getInputField().setAttribute("aria-label", "Headers");
    responseEditor?.getInputField().setAttribute("aria-label", "Response");
    // Nor can the keyboard scroll an answer, in which there is nothing to type.
    responseEditor?.getScrollerElement().setAttribute("tabindex", "0");
  }, [queryEditor, variableEditor, headerEditor, responseEditor]);
  const opened = useRef<Example>(undefined);
  useEffect(() => {
    if (!example || !queryEditor || !variableEditor || opened.current === example) return;
    opened.current = example;
    queryEditor.setValue(example.query);
    variableEditor.setValue(example.variables ?? "");
  }, [example, queryEditor, variableEditor]);
  return null;
}
