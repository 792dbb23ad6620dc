/**
 * Layers, losses, optimisers and schedules over the tensors of `@aft/aft/gpu`, and the safetensors
 * format to keep weights in.
 *
 * @example A step of training
 * ```ts
 * import { openGpu, tensor, valueAndGrad } from "@aft/aft/gpu";
 * import { Adam, crossEntropy, MLP } from "@aft/aft/nn";
 * import { assert } from "@std/assert";
 *
 * await openGpu();
 * const model = new MLP({ inputs: 2, hidden: [8], outputs: 2, seed: 1 });
 * const optimiser = new Adam(model, { rate: 0.1 });
 * const x = tensor([[0, 1], [1, 0]]);
 * const labels = tensor([0, 1], { dtype: "i32" });
 * const lossAndGrads = valueAndGrad(() => crossEntropy(model.forward(x).logits, labels));
 *
 * const losses: number[] = [];
 * for (let step = 0; step < 5; step++) {
 *   const { value, grads } = lossAndGrads(model.parameters());
 *   optimiser.step(grads);
 *   losses.push(await value.item());
 * }
 * assert(losses[4] < losses[0]);
 * ```
 *
 * @module
 */

export { type Activation, type ActivationName, activations } from "./activation.ts";
export { addLoRA, type AddLoRAOptions, mergeLoRA } from "./adapt.ts";
export { Adam, type AdamOptions, AdamW } from "./adam.ts";
export { MultiHeadAttention, type MultiHeadAttentionOptions } from "./attention.ts";
export { globalNorm } from "./clip.ts";
export { BatchNorm2d, type BatchNormOptions } from "./batch_norm.ts";
export { CNN, type CNNOptions } from "./cnn.ts";
export { Conv2d, type Conv2dLayerOptions } from "./conv.ts";
export { Dropout, type DropoutOptions } from "./dropout.ts";
export { Embedding, type EmbeddingOptions } from "./embedding.ts";
export { GroupNorm, type GroupNormOptions } from "./group_norm.ts";
export { type GroupSettings, type OptimiserParameters, type ParameterGroup } from "./groups.ts";
export {
  type Fan,
  type Initialiser,
  initialisers,
  type InitName,
  type InitSource,
} from "./init.ts";
export { Linear, type LinearOptions } from "./linear.ts";
export {
  crossEntropy,
  type CrossEntropyOptions,
  huber,
  type HuberOptions,
  meanSquaredError,
} from "./loss.ts";
export { LoRA, type LoRAOptions } from "./lora.ts";
export { MLP, type MLPOptions, type MLPOutput } from "./mlp.ts";
export { buffer, type Context, type Layer, Module, type TensorNest } from "./module.ts";
export { LayerNorm, type LayerNormOptions } from "./norm.ts";
export {
  Optimiser,
  type OptimiserOptions,
  type OptimiserState,
  type StepOptions,
} from "./optimiser.ts";
export { AvgPool2d, GlobalAvgPool, MaxPool2d } from "./pool.ts";
export {
  decodeSafetensors,
  encodeSafetensors,
  type SafeDType,
  type SafeTensor,
  type SafeTensorInput,
  type Safetensors,
  toFloat32,
  toInt32,
  type ValueSource,
} from "./safetensors.ts";
export {
  constant,
  cosine,
  parseSchedule,
  type Schedule,
  type ScheduleEntry,
  type ScheduleName,
  schedules,
  stepDecay,
  warmup,
} from "./schedule.ts";
export { deriveSeed } from "./seed.ts";
export { ResNet, type ResNetOptions } from "./resnet.ts";
export { Sequential } from "./sequential.ts";
export { SGD, type SGDOptions } from "./sgd.ts";
export { type SavedTensor, type State } from "./state.ts";
export { PatchEmbedding } from "./patches.ts";
export { TextTransformer, type TextTransformerOptions } from "./text.ts";
export { FeedForward, MixerBlock, TransformerBlock } from "./transformer.ts";
export { Mixer, type MixerOptions, ViT, type ViTOptions } from "./vit.ts";
