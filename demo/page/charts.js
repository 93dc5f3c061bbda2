// Runs in the browser, after Chart.js. Draws the charts in the page's colours, again whenever light and dark switch.
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const { Chart } = window;
  const dollars = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD', maximumFractionDigits: 0 });
  const short = new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency: 'USD',
    notation: 'compact',
    maximumFractionDigits: 2,
  });
  const day = new Intl.DateTimeFormat('en-US', { month: 'short', day: 'numeric', timeZone: 'UTC' });
  const weekName = (week) => day.format(new Date(`${week}T00:00:00Z`));
  const charts = [];

  function draw() {
    for (const chart of charts.splice(0)) chart.destroy();
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.font.size = 12.5;
    Chart.defaults.color = colour('soft');
    Chart.defaults.borderColor = colour('grid');
    Chart.defaults.animation = false;
    Chart.defaults.maintainAspectRatio = false;
    Chart.defaults.plugins.legend.labels.boxHeight = 8;
    Chart.defaults.plugins.legend.labels.boxWidth = 22;
    Chart.defaults.plugins.legend.labels.color = colour('text');

    const add = (id, config) => charts.push(new Chart(document.getElementById(id), config));
    for (const { id, weeks } of data.byWeek) add(id, weekChart(weeks, colour));
    add('owners', bulletChart(data.owners, 'Commit', colour('reports'), colour));
    add('attainment', bulletChart(data.attainment, 'Closed', colour('closed'), colour));
    add('movers', moverChart(data.movers, colour));
  }

  /** Chart.js's own labels, with each line's dashes. */
  const generateLabels = (chart) =>
    Chart.defaults.plugins.legend.labels
      .generateLabels(chart)
      .map((label) => ({ ...label, lineDash: chart.data.datasets[label.datasetIndex].borderDash ?? [] }));

  /** An axis that ends where its data ends also has ticks there, however uneven: this removes them. */
  function keepRoundTicks(axis) {
    const [, second, third] = axis.ticks;
    if (third === undefined) return;
    const step = third.value - second.value;
    axis.ticks = axis.ticks.filter(({ value }) => Math.abs(value / step - Math.round(value / step)) < 1e-6);
  }

  /** Writes each row's `end` behind its longest bar. */
  const ends = (rows, colour) => ({
    id: 'ends',
    afterDatasetsDraw({ ctx, chartArea, scales, data: { datasets } }) {
      ctx.save();
      ctx.fillStyle = colour('text');
      ctx.font = `600 12.5px ${Chart.defaults.font.family}`;
      ctx.textBaseline = 'middle';
      for (const [index, { end }] of rows.entries()) {
        const furthest = Math.max(0, ...datasets.map((dataset) => dataset.data[index] ?? 0));
        ctx.fillText(
          end,
          Math.min(scales.x.getPixelForValue(furthest), chartArea.right) + 7,
          scales.y.getPixelForValue(index),
        );
      }
      ctx.restore();
    },
  });

  function weekChart(weeks, colour) {
    const line = (label, key, name, more = {}) => ({
      label,
      data: weeks.map((week) => week[key]),
      borderColor: colour(name),
      backgroundColor: colour(name),
      borderWidth: 2.5,
      pointRadius: 2.5,
      pointHoverRadius: 5,
      tension: 0,
      ...more,
    });
    const thin = { borderWidth: 1.5, pointRadius: 0 };
    return {
      type: 'line',
      data: {
        labels: weeks.map(({ week }) => weekName(week)),
        datasets: [
          line('Reports: commit', 'reportsCommit', 'reports'),
          line('Reports: best case', 'reportsBestCase', 'upside', thin),
          line('Head of sales: own call', 'ownCall', 'manager', { pointStyle: 'rectRot', pointRadius: 3.5 }),
          line('Quota', 'ownQuota', 'quota', { ...thin, borderDash: [6, 4], borderWidth: 2 }),
        ],
      },
      options: {
        interaction: { mode: 'index', intersect: false },
        plugins: {
          legend: {
            position: 'bottom',
            labels: { usePointStyle: true, pointStyle: 'line', pointStyleWidth: 26, generateLabels },
          },
          tooltip: {
            callbacks: {
              footer: ([item]) => `${weeks[item.dataIndex].reportsWithCall} reports with a call`,
              title: ([item]) => `Week from ${item.label}`,
              label: (item) => `${item.dataset.label}: ${dollars.format(item.parsed.y)}`,
            },
          },
        },
        scales: {
          x: { grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 14 } },
          y: {
            border: { display: false },
            grace: '5%',
            ticks: { maxTicksLimit: 6, callback: (value) => short.format(value) },
          },
        },
      },
    };
  }

  /** A bar for the amount, in front of a wide pale one for the quota. */
  function bulletChart(rows, label, fill, colour) {
    const bars = (name, values, backgroundColor, barPercentage, order) => ({
      label: name,
      data: values,
      backgroundColor,
      barPercentage,
      categoryPercentage: 0.9,
      grouped: false,
      borderRadius: 3,
      order,
    });
    return {
      type: 'bar',
      plugins: [ends(rows, colour)],
      data: {
        labels: rows.map(({ labels }) => labels),
        datasets: [
          bars(
            label,
            rows.map(({ amount }) => amount),
            fill,
            0.42,
            0,
          ),
          bars(
            'Quota',
            rows.map(({ quota }) => quota),
            colour('quota-bar'),
            0.9,
            1,
          ),
        ],
      },
      options: {
        indexAxis: 'y',
        layout: { padding: { right: 66 } },
        interaction: { mode: 'index', axis: 'y', intersect: false },
        plugins: {
          legend: { position: 'bottom' },
          tooltip: {
            callbacks: {
              title: ([item]) => rows[item.dataIndex].labels.join(', '),
              label: (item) => `${item.dataset.label}: ${dollars.format(item.parsed.x)}`,
              footer: ([item]) => rows[item.dataIndex].note,
            },
          },
        },
        scales: {
          x: {
            beginAtZero: true,
            bounds: 'data',
            afterBuildTicks: keepRoundTicks,
            border: { display: false },
            ticks: {
              maxRotation: 0,
              autoSkipPadding: 14,
              maxTicksLimit: 6,
              includeBounds: false,
              callback: (value) => short.format(value),
            },
          },
          y: { grid: { display: false }, ticks: { color: colour('text'), autoSkip: false } },
        },
      },
    };
  }

  function moverChart(rows, colour) {
    return {
      type: 'bar',
      plugins: [ends(rows, colour)],
      data: {
        labels: rows.map(({ labels }) => labels),
        datasets: [
          {
            data: rows.map(({ change }) => change),
            backgroundColor: rows.map(({ change }) => colour(change < 0 ? 'down' : 'up')),
            barPercentage: 0.62,
            borderRadius: 3,
          },
        ],
      },
      options: {
        indexAxis: 'y',
        layout: { padding: { right: 66 } },
        interaction: { mode: 'index', axis: 'y', intersect: false },
        plugins: {
          legend: { display: false },
          tooltip: {
            callbacks: {
              title: ([item]) => rows[item.dataIndex].labels.join(', '),
              label: (item) => rows[item.dataIndex].note,
            },
          },
        },
        scales: {
          x: {
            border: { display: false },
            grid: {
              color: ({ tick }) => (tick?.value === 0 ? colour('quota') : colour('grid')),
            },
            beginAtZero: true,
            bounds: 'data',
            afterBuildTicks: keepRoundTicks,
            ticks: {
              maxRotation: 0,
              autoSkipPadding: 14,
              maxTicksLimit: 6,
              includeBounds: false,
              callback: (value) => short.format(value),
            },
          },
          y: { grid: { display: false }, ticks: { color: colour('text'), autoSkip: false } },
        },
      },
    };
  }

  draw();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
})();
