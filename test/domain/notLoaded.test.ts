/** What stands for plugins that could not be loaded, and what is asked when they can be. */
import { describe, expect, it } from "vitest";
import { askedNow, folderStandInId, standInId } from "../../daemon/domain/notLoaded.ts";
import type { InstalledCheck, LostPlugin } from "../../daemon/domain/qc.ts";

const check = (id: string, standIns?: readonly string[]): InstalledCheck => ({
  id,
  version: 1,
  scope: "frame",
  limits: {},
  file: `${id}.ts`,
  shipped: false,
  ...(standIns === undefined ? {} : { standIns }),
});

const folder: LostPlugin = { id: "plugin.checks", file: "/s/checks", message: "HP-PLUGIN: gone", isFolder: true };

describe("a check that stands for a plugin", () => {
  it("has the name of its file without the ending, or of its folder with all of it", () => {
    expect(standInId("/studio/checks/Too Bright.check.yaml")).toBe("plugin.too_bright");
    expect(standInId("/studio/checks/2d.mjs")).toBe("plugin.f_2d");
    expect(["/studio/my.checks", "/studio/my.checks/", "/studio/my.checks//"].map(folderStandInId)).toEqual(
      Array.from({ length: 3 }, () => "plugin.my_checks"),
    );
  });
});

describe("what a plan asks for", () => {
  it("is asked as it is where nothing stood for a plugin", () => {
    const requests = [{ check: "studio.gone", limits: {} }];
    expect(askedNow(requests, { checks: [], lost: [folder] })).toBe(requests);
  });

  it("keeps the word of the plan on a check that it also names itself", () => {
    const own = { check: "studio.grain", limits: { max: 2 }, severity: "warn" as const };
    const requests = [{ check: "plugin.checks", limits: {} }, own];
    expect(askedNow(requests, { checks: [check("studio.grain", ["plugin.grain", "plugin.checks"])] })).toEqual([own]);
  });

  it("is taken out only when every folder can be read", () => {
    const requests = [{ check: "plugin.grain", limits: {} }];
    const checks = [check("plugin.checks")];
    expect(askedNow(requests, { checks })).toEqual(requests);
    expect(askedNow(requests, { checks, lost: [folder] })).toEqual([{ check: "plugin.checks", limits: {} }]);
  });
});
