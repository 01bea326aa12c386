import { Dialog } from "@/components/dialog";
import { PLACES } from "../navigation";
import { LETTERS } from "./shortcuts";

/** The keys that work on every page. */
export function Shortcuts({ onClose }: { onClose: () => void }) {
  const titles = new Map(PLACES.flatMap((group) => group.places.map((place) => [place.to, place.title])));
  const rows: [string[], string][] = [
    [["Ctrl", "K"], "Search everything (⌘ K on a Mac)"],
    [["/"], "Search everything"],
    [["?"], "These keys"],
    ...Object.entries(LETTERS)
      .filter(([, to]) => titles.has(to))
      .map(([letter, to]): [string[], string] => [["g", letter], titles.get(to) ?? to]),
  ];
  return (
    <Dialog open onClose={onClose} title="Keys">
      <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-4 gap-y-2">
        {rows.map(([keys, does]) => (
          <div key={keys.join()} className="contents">
            <dt className="flex gap-1">
              {keys.map((key) => (
                <kbd key={key} className="rounded border border-line bg-sunken px-1.5 text-xs">
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
