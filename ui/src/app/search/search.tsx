/** The search over everything, its button, and the keys of all pages. */
import { useNavigate } from "@tanstack/react-router";
import { Search as SearchIcon } from "lucide-react";
import { lazy, Suspense, useEffect } from "react";
import { useStore } from "@/lib/store";
import { PLACES } from "../navigation";
import { Shortcuts } from "./help";
import { isTyping, Keys, overlay } from "./shortcuts";

const Palette = lazy(() => import("./palette"));
const close = () => overlay.set("");

export function Search() {
  const open = useStore(overlay);
  const navigate = useNavigate();
  useEffect(() => {
    const keys = new Keys();
    const press = (event: KeyboardEvent) => {
      const meant = keys.press(event, isTyping(event.target), Date.now());
      if (!meant) return;
      event.preventDefault();
      if ("open" in meant) overlay.set(meant.open);
      else if (PLACES.some((group) => group.places.some((place) => place.to === meant.go)))
        void navigate({ to: meant.go });
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [navigate]);
  if (open === "help") return <Shortcuts onClose={close} />;
  if (open === "search")
    return (
      <Suspense>
        <Palette onClose={close} />
      </Suspense>
    );
  return null;
}

export function SearchButton() {
  return (
    <button
      type="button"
      onClick={() => overlay.set("search")}
      className="flex items-center gap-2 rounded-md border border-line bg-sunken px-2 py-1.5 text-muted hover:text-ink"
    >
      <SearchIcon className="size-4" aria-hidden />
      Search
      <kbd className="ml-auto font-sans text-xs">{/mac/i.test(navigator.platform) ? "⌘K" : "Ctrl K"}</kbd>
    </button>
  );
}
