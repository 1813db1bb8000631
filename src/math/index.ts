/** math: numbers only. Pure; imports nothing of the house. */
export { resultantLength } from './circular.ts'
export { counterSubset, counterUniform, poissonFromUniform } from './counter-random.ts'
export {
  RIDGE_COLUMNS_MAX,
  columnGram,
  multiplyTransposed,
  ridgeRow,
  transposed,
  type RowSelection,
} from './dense.ts'
export {
  betaCdf,
  betaQuantile,
  chiSquareCdf,
  chiSquareQuantile,
  chiSquareSf,
  kolmogorovSf,
  normalCdf,
  normalPdf,
  normalQuantile,
  normalSf,
  studentTCdf,
  studentTQuantile,
  studentTSf,
} from './distributions.ts'
export { concentration, evenness } from './entropy.ts'
export {
  HLL_REGISTERS,
  HLL_STANDARD_ERROR,
  hyperLogLogAdd,
  hyperLogLogCount,
} from './hyperloglog.ts'
export { fnv1a, seededRandom, type SeededRandom } from './random.ts'
export { medianInPlace, theilSenSlope } from './robust.ts'
export { wilsonInterval } from './wilson.ts'
export { erfc, incompleteBeta, incompleteGamma, logGamma } from './special.ts'
export {
  columnCounts,
  mapSparse,
  sparseFromEntries,
  sparseTimesDense,
  transposeSparse,
  type SparseMatrix,
} from './sparse.ts'
export {
  invertPositiveDefinite,
  symmetricEigen,
  truncatedSvd,
  type Eigen,
  type TruncatedSvd,
} from './symmetric.ts'
