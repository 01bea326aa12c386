/** The door of the page: the application, or the form that asks for a key while the server refuses. */
import { type ReactNode, useEffect } from "react";
import { access, followOtherTabs } from "@/api/key";
import { useStore } from "@/lib/store";
import { tryAgain } from "./session";
import { SignIn } from "./sign-in";

export function Gate({ children }: { children: ReactNode }) {
  const { state, reason } = useStore(access);
  useEffect(
    () =>
      followOtherTabs(() => {
        // Whatever the other tab did: the server says whether it is enough.
        access.set({ state: "refused", reason: "" });
        void tryAgain();
      }),
    [],
  );
  return state === "refused" ? <Closed reason={reason} /> : children;
}

function Closed({ reason }: { reason: string }) {
  useEffect(() => {
    const ask = () => document.visibilityState === "visible" && void tryAgain();
    ask();
    document.addEventListener("visibilitychange", ask);
    window.addEventListener("focus", ask);
    return () => {
      document.removeEventListener("visibilitychange", ask);
      window.removeEventListener("focus", ask);
    };
  }, []);
  return <SignIn reason={reason} />;
}
