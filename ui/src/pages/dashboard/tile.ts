import type { Flow_Bool_Exp } from "@/api/types.gen";

/** What every tile is given. */
export interface TileProps {
  className?: string;
  /** Which flows count; all of them without it. */
  flow?: Flow_Bool_Exp | undefined;
}
