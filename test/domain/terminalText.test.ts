/** Text as a terminal may have it: what it would obey is spelled out, and the rest is as it was. */
import { describe, expect, it } from "vitest";
import { shownJson, shownText } from "../../daemon/domain/terminalText.ts";

const NASTY = "a\u001b[31m\u009b2J\u007f\u0007\u202egnp\r.png";
/** Control characters but the line's own, and marks that turn text. */
const OBEYED = /[^\P{Cc}\n\t]|[\u202a-\u202e]/u;

describe("text for a terminal", () => {
  it("spells out what a terminal would obey, and keeps lines, columns, accents and emoji", () => {
    expect(shownText(NASTY)).toBe("a\\u001b[31m\\u009b2J\\u007f\\u0007\\u202egnp\\r.png");
    expect(shownText("é\tline\n👩‍🎨 шум")).toBe("é\tline\n👩‍🎨 шум");
  });

  it("is, as JSON, the same value for whoever parses it", () => {
    for (const indent of [undefined, 2]) {
      const text = shownJson({ [NASTY]: [NASTY] }, indent);
      expect(text).not.toMatch(OBEYED);
      expect(JSON.parse(text)).toEqual({ [NASTY]: [NASTY] });
    }
  });
});
