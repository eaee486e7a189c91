/** `disclosure:` of a manifest: what people know of a picture that no program can see. Recorded in asset.json; decides nothing. */
import { z } from "zod";

/** YAML 1.2 reads yes and no as text; people mean true and false. */
const yesNo = z.union([z.boolean(), z.enum(["yes", "no"])]).meta({ examples: ["no"] });
const yesNoUnknown = z.union([z.boolean(), z.enum(["yes", "no", "unknown"])]).meta({ examples: ["no"] });
const reference = z.string().min(1).max(400);

export const disclosure = z
  .strictObject({
    depictsPerformer: yesNoUnknown.optional().describe("Does it show a performer? Default: unknown."),
    consentRef: reference
      .optional()
      .describe("Where the performer's consent is on file.")
      .meta({ examples: ["legal/consent/0042"] }),
    thirdPartyIP: yesNoUnknown.optional().describe("Does it show what others own? Default: unknown."),
    clientApprovalRef: reference
      .optional()
      .describe("Where the client's approval of the use of AI is on file.")
      .meta({ examples: ["AGM-AI-7"] }),
    final: yesNo.optional().describe("Is it for the final picture? Default: no."),
  })
  .describe("What is told about the use of AI, recorded in asset.json (docs/provenance.md).");
