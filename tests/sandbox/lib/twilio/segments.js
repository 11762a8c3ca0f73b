'use strict';
// How many SMS a text needs.

const GSM7 = new Set('@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà');
const GSM7_EXTENDED = new Set('\f^{}\\[~]|€');

function segments(text) {
  const characters = [...text];
  const plain = characters.every((c) => GSM7.has(c) || GSM7_EXTENDED.has(c));
  const units = plain ? characters.reduce((sum, c) => sum + (GSM7_EXTENDED.has(c) ? 2 : 1), 0) : text.length;
  const [single, joined] = plain ? [160, 153] : [70, 67];
  return units <= single ? 1 : Math.ceil(units / joined);
}

module.exports = { segments };
