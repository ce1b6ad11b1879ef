// Softmax at a temperature T, for an array z of logits, finite ones but for -Infinity where a class is
// removed: the arithmetic of every explorer.
// tests/site/test_temperature_explorer.py holds it against softmax_lib and mpmath, 1e-12 relative.

// x = (z - max z) / T gives the same softmax as z / T, and exp(x) <= 1 cannot overflow. Only a class
// that is removed has -Infinity, and not one whose gap is beyond the largest number.
function shifted(z, T) {
  const largest = Math.max(...z);
  return z.map((value) =>
    (value === -Infinity ? value : Math.max((value - largest) / T, -Number.MAX_VALUE)));
}

// The sum of all exponentials but the largest, which is exp(0) = 1. Kept apart from that 1, in
// which a tiny rest would drown: the rest is all that the entropy of a nearly one-hot p has.
function restOf(x) {
  const lead = x.indexOf(0);
  return x.reduce((sum, value, i) => (i === lead ? sum : sum + Math.exp(value)), 0);
}

export function softmax(z, T = 1) {
  const x = shifted(z, T);
  const total = 1 + restOf(x);
  return x.map((value) => Math.exp(value) / total);
}

// ln of the sum of exp(z / T): -Infinity where there is nothing to add
export function logsumexp(z, T = 1) {
  const top = Math.max(...z) / T;
  return top === -Infinity ? top : top + Math.log1p(restOf(shifted(z, T)));
}

export function logSoftmax(z, T = 1) {
  const x = shifted(z, T);
  const logTotal = Math.log1p(restOf(x));
  return x.map((value) => value - logTotal);
}

// H = -sum p ln p = ln total - sum p x: no term is negative, so none cancels another.
export function entropy(z, T = 1) {
  const x = shifted(z, T);
  const rest = restOf(x);
  const spread = x.reduce((sum, value) => {
    const e = Math.exp(value);
    return e > 0 ? sum - e * value : sum; // where exp is 0, x may be -Infinity: 0, not NaN
  }, 0);
  return Math.log1p(rest) + spread / (1 + rest);
}

// ln H, also where H underflows: then H is the sum of -p ln p = e^x (1 - x) over all but the largest,
// since ln p of that one is minus the sum of the others' e^x.
export function lnEntropy(z, T = 1) {
  const H = entropy(z, T);
  if (H > 0) return Math.log(H);
  const x = shifted(z, T);
  const others = x.filter((value, i) => i !== x.indexOf(0) && value > -Infinity);
  return logsumexp(others.map((value) => value + Math.log1p(-value)));
}

// ln(1 - p_i), also where p_i rounds to 1
export function logOthers(z, T, i) {
  const x = shifted(z, T);
  return logsumexp(x.filter((_, j) => j !== i)) - logsumexp(x);
}

// -sum y ln p, for p = softmax(z) and a distribution y
export function crossEntropy(z, y) {
  const lnP = logSoftmax(z);
  return y.reduce((sum, share, i) => sum - share * lnP[i], 0);
}

// p - y. Where y_i is 1, p_i - 1 would cancel: it is minus the sum of the others.
export function crossEntropyGrad(z, y) {
  const p = softmax(z);
  return y.map((share, i) => {
    if (share !== 1) return p[i] - share;
    return p.reduce((sum, value, j) => (j === i ? sum : sum - value), 0);
  });
}
