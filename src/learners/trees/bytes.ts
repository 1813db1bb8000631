/** Typed arrays as base64 text, so that a model's state is plain JSON. Little endian. */

type Typed = Uint8Array | Int32Array | Uint32Array | Float64Array

/** Base64 of the array's bytes. */
export function toBase64(array: Typed): string {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
  let text = ''
  const step = 0x8000
  for (let i = 0; i < bytes.length; i += step)
    text += String.fromCharCode(...bytes.subarray(i, i + step))
  return btoa(text)
}

/** The bytes of a base64 text. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text)
  const bytes = new Uint8Array(raw.length)
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i)
  return bytes
}

export const int32Of = (text: string): Int32Array => new Int32Array(fromBase64(text).buffer)
export const uint32Of = (text: string): Uint32Array => new Uint32Array(fromBase64(text).buffer)
export const float64Of = (text: string): Float64Array => new Float64Array(fromBase64(text).buffer)
