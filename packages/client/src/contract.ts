import type { Router } from '@imagedoc/server/types'

/**
 * The server's procedures as plain object types. Written out level by level, without a named type that calls itself, because the compiler then
 * emits the result itself into the declarations, and not a reference to the server's router: nothing of the server is needed to read it.
 */
declare function described<R extends { _def: { record: object } }>(): {
  [A in keyof R['_def']['record']]: R['_def']['record'][A] extends {
    _def: { type: infer Kind; $types: { input: infer Input; output: infer Output } }
  }
    ? { kind: Kind; input: Input; output: Output }
    : {
        [B in keyof R['_def']['record'][A]]: R['_def']['record'][A][B] extends {
          _def: { type: infer Kind; $types: { input: infer Input; output: infer Output } }
        }
          ? { kind: Kind; input: Input; output: Output }
          : {
              [C in keyof R['_def']['record'][A][B]]: R['_def']['record'][A][B][C] extends {
                _def: { type: infer Kind; $types: { input: infer Input; output: infer Output } }
              }
                ? { kind: Kind; input: Input; output: Output }
                : never
            }
      }
}

/** Never called: the compiler writes its inferred type into the declarations, which it would not do with an annotation. */
const contract = () => described<Router>()

/** Every procedure of the server: its kind, what it takes, what it gives. */
export type Contract = ReturnType<typeof contract>
