/** Markdown to HTML that runs nothing and asks nobody; loaded by markdown.tsx. */
import DOMPurify from "dompurify";
import { marked } from "marked";
import { useMemo } from "react";
import "./markdown.css";

const purify = DOMPurify();
purify.addHook("afterSanitizeAttributes", (node) => {
  // Without a text it is a decoration.
  if (node.tagName === "IMG" && !node.hasAttribute("alt")) node.setAttribute("alt", "");
  if (node.tagName !== "A") return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer");
});

/** The HTML of Markdown without scripts, styles, forms and frames. */
function htmlOf(text: string): string {
  return purify.sanitize(marked.parse(text, { async: false }), {
    USE_PROFILES: { html: true },
    // A form could send what is typed into it elsewhere; a style could cover the page.
    FORBID_TAGS: ["style", "form", "input", "button", "textarea", "select"],
    FORBID_ATTR: ["style", "id", "class", "name"],
  });
}

export default function MarkdownView({ text }: { text: string }) {
  const html = useMemo(() => htmlOf(text), [text]);
  return (
    // biome-ignore lint/security/noDangerouslySetInnerHtml: sanitised above
    <div className="markdown" dangerouslySetInnerHTML={{ __html: html }} />
  );
}
