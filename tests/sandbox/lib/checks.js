'use strict';
// Checks of the control API's input; a failed one becomes its 400.

function invalid(message) {
  return Object.assign(new Error(message), { status: 400 });
}

function checkKeys(object, allowed, where) {
  if (object === null || typeof object !== 'object' || Array.isArray(object)) throw invalid(`${where}: expected an object`);
  for (const key of Object.keys(object)) {
    if (!allowed.includes(key)) throw invalid(`${where}: unknown key "${key}", expected one of ${allowed.join(', ')}`);
  }
}

function checkInteger(value, min, max, where) {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw invalid(`${where}: found ${JSON.stringify(value)}, expected an integer from ${min} to ${max}`);
  }
}

function checkChoice(value, choices, where) {
  if (!choices.includes(value)) throw invalid(`${where}: found ${JSON.stringify(value)}, expected one of ${choices.join(', ')}`);
}

module.exports = { invalid, checkKeys, checkInteger, checkChoice };
