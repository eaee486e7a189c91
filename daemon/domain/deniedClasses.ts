/**
 * Graph node classes that no graph may hold, whatever its recipe allows, each with its reason. Data, not code: a site that
 * needs one all the same names it in its own configuration (`safety.allowClasses`).
 */
import type { NodeClass } from "./catalogue.ts";

interface DeniedClass {
  readonly what: string;
  readonly pattern: RegExp;
  readonly reason: string;
}

export const DENIED_CLASSES: readonly DeniedClass[] = [
  {
    what: "trainers",
    pattern: /^Train|Trainer|TrainLora|^LossGraph/,
    reason: "it trains on what it is given and holds the GPU for hours",
  },
  {
    what: "data sets",
    pattern: /DataSet.*Folder|(Image|Text)(Text)?Set(From|To)|TrainingDataset|Dataset(From|To)/i,
    reason: "it reads and writes folders by a name that can't be made private",
  },
  {
    what: "model savers",
    pattern: /(Checkpoint|Model|CLIP|VAE|Lora|LoRA|Embedding)s?Save$|^Save(Lora|LoRA|Checkpoint|Model|VAE|CLIP)/,
    reason: "it writes a model where ComfyUI would load it again",
  },
  {
    what: "what others made",
    pattern: /^LoadImageOutput$/,
    reason: "it reads results of other work",
  },
  {
    what: "cameras and pages",
    pattern: /^WebcamCapture$|^SaveImageWebsocket$/,
    reason: "it needs a person's browser, or sends pictures to whoever listens",
  },
  {
    what: "3D files",
    pattern: /^(Preview|Load|Save)(3D|GLB)|Upload3D|3DUpload/,
    reason: "it takes uploads from a browser and serves files to it",
  },
  {
    what: "code",
    pattern: /^GLSLShader$|(^|_|[a-z])(Eval|Exec|Execute|Python|Shell|Subprocess)([A-Z_]|$)/,
    reason: "it runs code that an input holds",
  },
  {
    what: "downloads",
    pattern: /Download|(From|To)(Url|URL)|Https?([A-Z]|$)|Webhook/,
    reason: "it talks to the network",
  },
  {
    what: "partner graph nodes",
    pattern:
      /^(OpenAI|Gemini|Kling|Luma[A-Z]|Runway|Pika[A-Z0-9]|Ideogram|Recraft|Stability[A-Z]|FluxPro|FluxKontext(Pro|Max)|Minimax|Hailuo|Pixverse|PixVerse|Veo[A-Z0-9]|Vidu|Tripo[A-Z]|Rodin3D|Moonvalley|ByteDance|Sora|Topaz|Grok[A-Z]|Meshy|Magnific)|[a-z0-9]Api([A-Z]|$)/,
    reason: "it sends what it is given to a vendor",
  },
];

/** Why a class is refused, as the end of a sentence; null when it is not. `known`: what the ComfyUI says of it. */
export function deniedReason(classType: string, known?: NodeClass): string | null {
  if (known?.partner === true) return "ComfyUI says that it sends what it is given to a vendor";
  return DENIED_CLASSES.find(({ pattern }) => pattern.test(classType))?.reason ?? null;
}
