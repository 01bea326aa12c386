import { useEffect } from "react";
import { colourOf } from "@/lib/states";

/** Shows a run's state in the browser's tab: its name and a dot of its colour; takes both back with the page. */
export function usePageIcon(title: string | undefined, state: string | null | undefined): void {
  useEffect(() => {
    if (!title) return;
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    const before = { title: document.title, icon: icon?.href };
    document.title = `${state ?? "Pending"} · ${title}`;
    const dot = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="14" fill="${colourOf(state)}"/></svg>`;
    if (icon) icon.href = `data:image/svg+xml,${encodeURIComponent(dot)}`;
    return () => {
      document.title = before.title;
      if (icon && before.icon) icon.href = before.icon;
    };
  }, [title, state]);
}
