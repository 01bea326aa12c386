import { Clock, Moon, Sun, SunMoon } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/button";
import { Dialog } from "@/components/dialog";
import { Field, Input } from "@/components/fields";
import { THEMES, theme, useTheme } from "@/lib/theme";
import { BROWSER_ZONE, useZone, validZone, zoneChoice } from "@/lib/time";

const ICONS = { system: SunMoon, light: Sun, dark: Moon };

/** Theme and time zone of this browser. */
export function Preferences() {
  const chosen = useTheme();
  const zone = useZone();
  const [asking, setAsking] = useState(false);
  const Icon = ICONS[chosen];
  const next = THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length] ?? "system";
  return (
    <>
      <Button kind="ghost" icon={<Icon className="size-4" aria-hidden />} onClick={() => theme.set(next)}>
        Theme: {chosen}
      </Button>
      <Button kind="ghost" icon={<Clock className="size-4" aria-hidden />} onClick={() => setAsking(true)}>
        <span className="max-w-36 truncate">{zone}</span>
      </Button>
      {asking && <ZoneDialog onClose={() => setAsking(false)} />}
    </>
  );
}

function ZoneDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState(zoneChoice.get() || BROWSER_ZONE);
  const valid = validZone(name);
  return (
    <Dialog
      open
      onClose={onClose}
      title="Time zone"
      description="In which times are shown, here in this browser."
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!valid) return;
          zoneChoice.set(name === BROWSER_ZONE ? "" : name);
          onClose();
        }}
      >
        <Field
          label="Zone"
          help={`A name such as Europe/Berlin or UTC. This browser's own is ${BROWSER_ZONE}.`}
          error={valid ? undefined : `${name || "Nothing"} is not the name of a time zone.`}
        >
          {(ids) => (
            <>
              <Input {...ids} list="zones" value={name} onChange={(event) => setName(event.target.value)} />
              <datalist id="zones">
                {["UTC", ...Intl.supportedValuesOf("timeZone")].map((one) => (
                  <option key={one} value={one} />
                ))}
              </datalist>
            </>
          )}
        </Field>
        <div className="flex justify-end gap-2">
          <Button onClick={() => setName(BROWSER_ZONE)}>Use the browser's</Button>
          <Button kind="primary" type="submit" disabled={!valid}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
