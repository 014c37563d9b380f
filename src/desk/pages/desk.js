/* global document, fetch, URLSearchParams, addEventListener -- the browser's */
/** What makes the desk's pages better where scripts run: addresses are checked as they are typed, forms are sent once. */
const WAIT_MS = 400;

for (const form of document.querySelectorAll('form[data-check="addresses"]')) {
  for (const end of ['own', 'far']) {
    const field = form.elements.namedItem(end);
    const shown = form.querySelector(`.found[data-for="${end}"]`);
    let timer = 0;
    field.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(() => void check(form, end, field, shown), WAIT_MS);
    });
  }
}

async function check(form, end, field, shown) {
  const addresses = field.value;
  if (addresses.trim() === '') {
    show(shown, '', false);
    return;
  }
  const isp = form.elements.namedItem('isp').value;
  const answer = await fetch('/check-addresses', {
    method: 'POST',
    body: new URLSearchParams({ addresses, end, isp }),
  });
  // A later one is on its way.
  if (!answer.ok || field.value !== addresses) return;
  const { prefixes, problems, notes } = await answer.json();
  const isWrong = problems.length > 0;
  show(shown, isWrong ? problems.join('\n') : [`Understood as ${prefixes.join(', ')}`, ...notes].join('. '), isWrong);
}

function show(place, text, isWrong) {
  place.textContent = text;
  place.classList.toggle('bad', isWrong);
}

for (const form of document.querySelectorAll('form[method="post"]'))
  form.addEventListener('submit', () => {
    // After the browser has taken the form: a disabled button would not be sent.
    setTimeout(() => {
      for (const button of form.querySelectorAll('button')) button.disabled = true;
    });
  });
// A page that the browser brings back is usable again.
addEventListener('pageshow', () => {
  for (const button of document.querySelectorAll('button')) button.disabled = false;
});
