/**
 * Counting distinct keys in a few hundred bytes: HyperLogLog (Flajolet, Fusy, Gandouet and
 * Meunier, AofA 2007) with 256 registers, a standard error of 1.04 / sqrt(256) = 6.5 %, and
 * linear counting for small counts. Any order and any repetition give the same registers.
 */
export const HLL_REGISTERS = 256
export const HLL_STANDARD_ERROR = 1.04 / Math.sqrt(HLL_REGISTERS)

/** Adds a key of at least 40 well-mixed bits (a whole number below 2^53). Length 256, mutated. */
export function hyperLogLogAdd(registers: Uint8Array, key: number): void {
  const register = key % HLL_REGISTERS
  const rest = Math.floor(key / HLL_REGISTERS) >>> 0
  const rank = Math.clz32(rest) + 1
  if (rank > registers[register]!) registers[register] = rank
}

/** The estimated number of distinct keys. */
export function hyperLogLogCount(registers: Uint8Array): number {
  const m = HLL_REGISTERS
  let sum = 0
  let empty = 0
  for (const rank of registers) {
    sum += 2 ** -rank
    if (rank === 0) empty++
  }
  const estimate = ((0.7213 / (1 + 1.079 / m)) * m * m) / sum
  return estimate <= 2.5 * m && empty > 0 ? m * Math.log(m / empty) : estimate
}
