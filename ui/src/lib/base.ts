/** Where the application stands: below any path of any host, told by the page's <base>. */
export const BASE = new URL(document.baseURI).pathname.replace(/\/*$/, "/");

/** The address of the API as this browser sees it; `socket` for its websocket. */
export function apiUrl(socket = false): string {
  const url = new URL("graphql", new URL(BASE, location.origin));
  if (socket) url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
