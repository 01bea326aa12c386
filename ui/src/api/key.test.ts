import { beforeEach, expect, test, vi } from "vitest";

const NAME = "lictor.key";

/** The module as a page that is opened now would have it. */
async function opened() {
  vi.resetModules();
  return await import("./key");
}

beforeEach(() => {
  sessionStorage.clear();
  localStorage.clear();
});

test("a key is the tab's own unless it is to be kept on the device", async () => {
  const page = await opened();
  page.takeKey("one", false);
  expect([sessionStorage.getItem(NAME), localStorage.getItem(NAME)]).toEqual(["one", null]);
  expect((await opened()).apiKey.get()).toBe("one");
  page.takeKey("two", true);
  expect([sessionStorage.getItem(NAME), localStorage.getItem(NAME)]).toEqual([null, "two"]);
  expect((await opened()).apiKey.get()).toBe("two");
});

test("a forgotten key is nowhere", async () => {
  const page = await opened();
  page.takeKey("one", true);
  page.forgetKey();
  expect([sessionStorage.length, localStorage.length, page.apiKey.get()]).toEqual([0, 0, ""]);
});

test("a late refusal of an old key says nothing about the new one", async () => {
  const { access, apiKey, refused, takeKey } = await opened();
  takeKey("new", false);
  refused("old", "unknown");
  expect(access.get().state).toBe("open");
  refused(apiKey.get(), "expired");
  expect(access.get()).toEqual({ state: "refused", reason: "expired" });
});

test("what another tab keeps on the device counts here, unless this tab has a key of its own", async () => {
  const page = await opened();
  const changed = vi.fn();
  const end = page.followOtherTabs(changed);
  const event = (newValue: string | null) => new StorageEvent("storage", { key: NAME, newValue });
  window.dispatchEvent(event("theirs"));
  expect(page.apiKey.get()).toBe("theirs");
  window.dispatchEvent(event(null));
  expect(page.apiKey.get()).toBe("");
  page.takeKey("mine", false);
  window.dispatchEvent(event("theirs"));
  expect(page.apiKey.get()).toBe("mine");
  expect(changed).toHaveBeenCalledTimes(2);
  end();
});
