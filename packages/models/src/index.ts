export * from "./architectures/architecture.ts";
export { AttentionError, ConfigError, HeadError } from "./architectures/config.ts";
export type { Decoding, DecodingShape } from "./architectures/decoding.ts";
export { cacheName, DECODING_INPUTS, readPrompt, readSource, readToken } from "./architectures/decoding.ts";
export { architectureOf, architectures } from "./architectures/index.ts";
export type { ByteSource } from "./checkpoint/byteSource.ts";
export { bytesInMemory } from "./checkpoint/byteSource.ts";
export type { Dtype, TensorInfo } from "./checkpoint/dtypes.ts";
export { decodeFloat32 } from "./checkpoint/dtypes.ts";
export type { CheckpointErrorCode } from "./checkpoint/errors.ts";
export { CheckpointError, ModelFileError } from "./checkpoint/errors.ts";
export { openFile } from "./checkpoint/files.ts";
export type { Checkpoint } from "./checkpoint/folder.ts";
export { openCheckpoint } from "./checkpoint/folder.ts";
export type { SafetensorsFile, TensorFile, TensorToWrite } from "./checkpoint/safetensors.ts";
export { encodeSafetensors, openSafetensors, writeSafetensors } from "./checkpoint/safetensors.ts";
export { openTorchBin } from "./checkpoint/torchBin.ts";
export type {
  CheckpointRules,
  ResolvedWeights,
  ResolveOptions,
  WeightDeclaration,
} from "./checkpoint/weights.ts";
export { resolveWeights } from "./checkpoint/weights.ts";
export type { HubErrorCode } from "./hub/errors.ts";
export { HubError } from "./hub/errors.ts";
export type { HubManifest } from "./hub/manifest.ts";
export { hubOriginOf, readHubManifest, recordHubFile } from "./hub/manifest.ts";
export { modelFiles } from "./hub/modelFiles.ts";
export type { HubReference, HubRepositoryKind } from "./hub/reference.ts";
export { describeReference, isHubReference, parseHubReference } from "./hub/reference.ts";
export { hubSettings } from "./hub/settings.ts";
export type { HubSnapshot, SnapshotOptions } from "./hub/snapshot.ts";
export { fetchSnapshot } from "./hub/snapshot.ts";
export type { PretrainedModel } from "./pretrained.ts";
export { loadPretrained } from "./pretrained.ts";
export type { TokenizerErrorCode } from "./tokenizer/errors.ts";
export { TokenizerError } from "./tokenizer/errors.ts";
export type { LoadTokenizerOptions } from "./tokenizer/load.ts";
export { loadTokenizer } from "./tokenizer/load.ts";
export type { EncodedText, Tokenizer } from "./tokenizer/tokenizer.ts";
export { BERT_SPECIAL_TOKENS, bertTokenizerFiles, bertWords } from "./tokenizer/training/bertFiles.ts";
export { trainWordPieces, type WordCounts, type WordPieceOptions } from "./tokenizer/training/wordPieces.ts";
