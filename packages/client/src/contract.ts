import type { Json } from '@imagedoc/core'
import type { Router } from '@imagedoc/server/types'

/** JSON by core's name for it: zod has its own, and whoever installs the client has not installed zod. */
type Plain<Value> = Json extends Value
  ? unknown extends Value
    ? Value
    : Json
  : Value extends object
    ? { [Name in keyof Value]: Plain<Value[Name]> }
    : Value

/** Left out: a stream is no call. `client.run` and `client.attach` give its events. */
type Subscription = { _def: { type: 'subscription' } }

/**
 * The server's procedures as plain object types. Written out level by level, without a named type that calls itself, because the compiler then
 * emits the result itself into the declarations, and not a reference to the server's router: nothing of the server is needed to read it.
 */
declare function described<R extends { _def: { record: object } }>(): {
  [A in keyof R['_def']['record'] as R['_def']['record'][A] extends Subscription ? never : A]: R['_def']['record'][A] extends {
    _def: { type: infer Kind; $types: { input: infer Input; output: infer Output } }
  }
    ? { kind: Kind; input: Plain<Input>; output: Plain<Output> }
    : {
        [B in keyof R['_def']['record'][A] as R['_def']['record'][A][B] extends Subscription
          ? never
          : B]: R['_def']['record'][A][B] extends {
          _def: { type: infer Kind; $types: { input: infer Input; output: infer Output } }
        }
          ? { kind: Kind; input: Plain<Input>; output: Plain<Output> }
          : {
              [C in keyof R['_def']['record'][A][B] as R['_def']['record'][A][B][C] extends Subscription
                ? never
                : C]: R['_def']['record'][A][B][C] extends {
                _def: { type: infer Kind; $types: { input: infer Input; output: infer Output } }
              }
                ? { kind: Kind; input: Plain<Input>; output: Plain<Output> }
                : never
            }
      }
}

/** Never called: the compiler writes its inferred type into the declarations, which it would not do with an annotation. */
const contract = () => described<Router>()

/** Every procedure of the server: its kind, what it takes, what it gives. */
export type Contract = ReturnType<typeof contract>
