import { data, encoded, image, layout, many, oneOf, pdf, text } from '../../operation/port.ts'

/** Pages of any kind that core knows. What a step gives is of the kinds that it is given. */
export const pagesOfAnyKind = many(oneOf(image, encoded(image, []), pdf, layout, text, data))
