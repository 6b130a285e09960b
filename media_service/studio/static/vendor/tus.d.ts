/** What Studio uses of tus-js-client; `player_embed/vendor` holds it. */

export interface TusRequest {
  setHeader(name: string, value: string): void;
}
export interface TusResponse {
  getStatus(): number;
  getHeader(name: string): string | undefined;
  getBody(): string;
}
export interface TusError extends Error {
  originalResponse?: TusResponse | null;
}
export interface TusOptions {
  endpoint?: string;
  uploadUrl?: string;
  metadata: Record<string, string>;
  retryDelays: null;
  storeFingerprintForResuming: false;
  onBeforeRequest(request: TusRequest): void;
  onAfterResponse(request: TusRequest, response: TusResponse): void;
  onUploadUrlAvailable(): void;
  onProgress(sent: number, total: number): void;
  onSuccess(): void;
  onError(error: TusError): void;
}
export class Upload {
  constructor(file: Blob, options: TusOptions);
  readonly url: string | null;
  start(): void;
  abort(): Promise<void>;
}
