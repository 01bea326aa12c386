import { remembered, useStore } from "./store";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];
export const theme = remembered<Theme>("theme", "system", THEMES);

const system = window.matchMedia("(prefers-color-scheme: dark)");

function apply(): void {
  const chosen = theme.get();
  const dark = chosen === "dark" || (chosen === "system" && system.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

/** Shows the chosen theme from now on, and follows the system where that is the choice. */
export function followTheme(): void {
  apply();
  theme.subscribe(apply);
  system.addEventListener("change", apply);
}

export const useTheme = (): Theme => useStore(theme);
