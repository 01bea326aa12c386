import { expect, it } from "vitest";
import { unknownParameters } from "./parameters";

it("names the parameters that the flow does not have", () => {
  const registered = [{ name: "a" }, { name: "b" }];
  expect(unknownParameters({ a: 1 }, registered)).toBeUndefined();
  expect(unknownParameters(null, registered)).toBeUndefined();
  expect(unknownParameters({ a: 1, x: 2, y: 3 }, registered)).toBe(
    "The flow has no parameter x, y; it has a, b.",
  );
  expect(unknownParameters({ x: 2 }, [])).toBe("The flow has no parameter x.");
});
