import { LogOut } from "lucide-react";
import { apiKey } from "@/api/key";
import { Button } from "@/components/button";
import { useStore } from "@/lib/store";
import { signOut } from "./session";

/** Where somebody is signed in: the way out. */
export function SignOutButton() {
  if (!useStore(apiKey)) return null;
  return (
    <Button kind="ghost" icon={<LogOut className="size-4" aria-hidden />} onClick={signOut}>
      Sign out
    </Button>
  );
}
