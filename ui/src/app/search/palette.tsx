import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { Dialog } from "radix-ui";
import { useEffect, useState } from "react";
import { useAsk } from "@/api/live";
import { StateBadge } from "@/components/badge";
import { Failure } from "@/components/panel";
import { containing } from "@/lib/like";
import { THEMES, theme } from "@/lib/theme";
import { zoneChoice } from "@/lib/time";
import { PLACES } from "../navigation";
import { isUuid, resultsOf } from "./results";
import { SearchByIdDocument, SearchDocument } from "./search.gen";
import { overlay } from "./shortcuts";

const DELAY = 250;
const ITEM = "flex items-center justify-between gap-3 rounded px-2.5 py-1.5 data-[selected=true]:bg-sunken";
const NOBODY = "00000000-0000-0000-0000-000000000000";

interface Choice {
  key: string;
  text: string;
  choose: () => void;
}

const ACTIONS: Choice[] = [
  ...THEMES.map((one) => ({ key: `theme ${one}`, text: `Theme: ${one}`, choose: () => theme.set(one) })),
  { key: "zone utc", text: "Times in UTC", choose: () => zoneChoice.set("UTC") },
  { key: "zone browser", text: "Times in this browser's zone", choose: () => zoneChoice.set("") },
  { key: "keys", text: "Show the keys", choose: () => overlay.set("help") },
];

/** Pages, actions, and whatever has the text in its name or is the id. */
export default function Palette({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [asked, setAsked] = useState("");
  const navigate = useNavigate();
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), DELAY);
    return () => clearTimeout(timer);
  }, [text]);
  const byId = isUuid(asked);
  const named = useAsk(SearchDocument, { pattern: containing(asked) }, { pause: byId || asked.length < 2 });
  const identified = useAsk(SearchByIdDocument, { id: byId ? asked : NOBODY }, { pause: !byId });
  const answer = byId ? identified : named;
  const found = asked.length < 2 ? [] : resultsOf(answer.data);
  const groups = [...new Set(found.map((one) => one.group))];
  const go = (to: string) => {
    onClose();
    void navigate({ href: to });
  };
  const fits = (title: string) => title.toLowerCase().includes(text.trim().toLowerCase());
  const places = PLACES.flatMap((group) => group.places).filter((place) => fits(place.title));
  const actions = ACTIONS.filter((action) => fits(action.text));
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/45" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-[10dvh] left-1/2 z-40 w-[min(38rem,calc(100vw-2rem))] -translate-x-1/2 overflow-hidden rounded-xl border border-line bg-raised shadow-2xl"
        >
          <Dialog.Title className="sr-only">Search</Dialog.Title>
          <Command
            shouldFilter={false}
            loop
            label="Search"
            className="[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-muted"
          >
            <Command.Input
              autoFocus
              value={text}
              onValueChange={setText}
              placeholder="A name or an id: flows, runs, tasks, projects, pages"
              className="w-full border-b border-line bg-transparent px-4 py-3 outline-none placeholder:text-muted"
            />
            <Failure error={asked.length < 2 ? undefined : answer.error} />
            <Command.List className="max-h-[60dvh] overflow-y-auto p-2">
              {groups.map((group) => (
                <Command.Group key={group} heading={group}>
                  {found
                    .filter((one) => one.group === group)
                    .map((one) => (
                      <Command.Item
                        key={one.id}
                        value={`${group} ${one.id}`}
                        onSelect={() => go(one.to)}
                        className={ITEM}
                      >
                        <span className="truncate">{one.text}</span>
                        {one.state !== undefined && <StateBadge state={one.state} />}
                      </Command.Item>
                    ))}
                </Command.Group>
              ))}
              {places.length > 0 && (
                <Command.Group heading="Pages">
                  {places.map((place) => (
                    <Command.Item
                      key={place.to}
                      value={`page ${place.to}`}
                      onSelect={() => go(place.to)}
                      className={ITEM}
                    >
                      {place.title}
                    </Command.Item>
                  ))}
                </Command.Group>
              )}
              {actions.length > 0 && (
                <Command.Group heading="Actions">
                  {actions.map((action) => (
                    <Command.Item
                      key={action.key}
                      value={action.key}
                      onSelect={() => {
                        onClose();
                        action.choose();
                      }}
                      className={ITEM}
                    >
                      {action.text}
                    </Command.Item>
                  ))}
                </Command.Group>
              )}
              {text.trim() !== "" && text.trim() === asked && !answer.loading && (
                <Command.Empty className="px-2.5 py-6 text-center text-muted">
                  Nothing is called that.
                </Command.Empty>
              )}
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
