/** What Studio uses of Preact, its signals and htm; `player_embed/vendor` holds them, and the service serves them under this name. */

export type Key = string | number;
export interface VNode {
  readonly type: unknown;
  readonly props: Readonly<Record<string, unknown>>;
}
export type Child = VNode | string | number | boolean | null | undefined | readonly Child[] | ReadonlySignal<unknown>;

export function h(type: unknown, props?: Record<string, unknown> | null, ...children: Child[]): VNode;
export function render(node: Child, parent: Element): void;
export function Fragment(props: { children?: Child }): VNode;
export function html(strings: TemplateStringsArray, ...values: unknown[]): VNode;

export interface Ref<T> {
  current: T;
}
export function createRef<T>(): Ref<T | null>;
export function useRef<T>(initial: T): Ref<T>;
export function useRef<T>(initial: null): Ref<T | null>;
export function useState<T>(initial: T | (() => T)): [T, (next: T | ((before: T) => T)) => void];
export function useEffect(act: () => void | (() => void), inputs?: readonly unknown[]): void;
export function useLayoutEffect(act: () => void | (() => void), inputs?: readonly unknown[]): void;
export function useMemo<T>(make: () => T, inputs: readonly unknown[]): T;
export function useCallback<F extends (...given: never[]) => unknown>(act: F, inputs: readonly unknown[]): F;
export function useId(): string;
export function createContext<T>(initial: T): { Provider: unknown };
export function useContext<T>(context: unknown): T;

export interface ReadonlySignal<T> {
  readonly value: T;
  peek(): T;
  subscribe(act: (value: T) => void): () => void;
}
export interface Signal<T> extends ReadonlySignal<T> {
  value: T;
}
export function signal<T>(initial: T): Signal<T>;
export function computed<T>(make: () => T): ReadonlySignal<T>;
export function effect(act: () => void | (() => void)): () => void;
export function batch<T>(act: () => T): T;
export function untracked<T>(act: () => T): T;
export function useSignal<T>(initial: T): Signal<T>;
export function useComputed<T>(make: () => T): ReadonlySignal<T>;
export function useSignalEffect(act: () => void | (() => void)): void;
