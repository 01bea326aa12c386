/** CodeMirror for JSON. Loaded when an editor is first shown: import it from `json-editor` only. */
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json, jsonParseLinter } from "@codemirror/lang-json";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { linter, lintGutter } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";

const COLOURS = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--accent)" },
  { tag: [tags.string, tags.number], color: "var(--ink)" },
  { tag: [tags.bool, tags.null], color: "var(--warning)" },
]);

const THEME = EditorView.theme({
  "&": { fontSize: "0.75rem", backgroundColor: "var(--panel)", color: "var(--ink)", maxHeight: "24rem" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "2px" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", minHeight: "7rem" },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--muted)", border: "none" },
  ".cm-content": { caretColor: "var(--ink)" },
  "&.cm-focused .cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--ink)", borderColor: "var(--line)" },
});

const parse = jsonParseLinter();

export interface CodeMirrorProps {
  value: string;
  onChange: (value: string) => void;
  label: string;
  id?: string | undefined;
  describedBy?: string | undefined;
}

export default function CodeMirror({ value, onChange, label, id, describedBy }: CodeMirrorProps) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const changed = useRef(onChange);
  changed.current = onChange;
  // biome-ignore lint/correctness/useExhaustiveDependencies: made once; the effect below brings values that come later
  useEffect(() => {
    const editor = new EditorView({
      parent: place.current as HTMLDivElement,
      state: EditorState.create({
        doc: value,
        extensions: [
          lineNumbers(),
          history(),
          bracketMatching(),
          indentOnInput(),
          json(),
          // Nothing is not wrong yet.
          linter((one) => (one.state.doc.toString().trim() ? parse(one) : [])),
          lintGutter(),
          syntaxHighlighting(COLOURS),
          THEME,
          EditorView.lineWrapping,
          // Tab goes on to the next field: nobody is caught in the editor.
          keymap.of([...defaultKeymap, ...historyKeymap]),
          EditorView.contentAttributes.of({
            "aria-label": label,
            ...(id ? { id } : {}),
            ...(describedBy ? { "aria-describedby": describedBy } : {}),
          }),
          EditorView.updateListener.of(
            (update) => update.docChanged && changed.current(update.state.doc.toString()),
          ),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, []);
  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);
  return <div ref={place} className="overflow-hidden rounded-md border border-line" />;
}
