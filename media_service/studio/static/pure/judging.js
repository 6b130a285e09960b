/** By what entries are judged, as a form has it and as the service takes it; and what came of it, as people read it. */
import { named } from "./names.js";

const MOST_CRITERIA = 12;
const GREATEST = 100;
const DECIMALS = 2;

/** @typedef {{name: string, label: string, greatest: number, weight: number}} Criterion */
/** @typedef {{name: string, label: string, greatest: string, weight: string}} CriterionForm `name` is empty of one that is new. */

/** @returns {CriterionForm} */
export function newCriterion() {
  return { name: "", label: "", greatest: "10", weight: "1" };
}

/** @param {readonly Criterion[]} criteria @returns {CriterionForm[]} */
export function criteriaForm(criteria) {
  return criteria.map(({ name, label, greatest, weight }) => ({ name, label, greatest: String(greatest), weight: String(weight) }));
}

/**
 * What the service takes for a form: lines without a label are left out.
 * @param {readonly CriterionForm[]} form
 * @returns {Criterion[]}
 */
export function criteriaOf(form) {
  return named(form, "criterion").map(({ name, label, greatest, weight }) => ({
    name,
    label,
    greatest: Math.min(GREATEST, Math.max(1, Math.round(Number(greatest)) || 1)),
    weight: Number(weight) > 0 ? Number(weight) : 1,
  }));
}

/** @param {readonly CriterionForm[]} form */
export function canJudgeByMore(form) {
  return form.length < MOST_CRITERIA;
}

/**
 * A mean or a total as people read it: two decimals at most.
 * @param {number | null | undefined} value
 * @param {string} language
 */
export function shownScore(value, language) {
  return value === null || value === undefined ? "–" : new Intl.NumberFormat(language, { maximumFractionDigits: DECIMALS }).format(value);
}
