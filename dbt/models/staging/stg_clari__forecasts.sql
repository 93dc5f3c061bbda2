-- The Forecast Tabs. Their names, where Clari lists none, are their ids.
with ranked as (
    select
        {{ clari.clari_text('forecastId') }} as forecast_id,
        {{ clari.clari_text('forecastName') }} as forecast_name,
        {{ clari.clari_text('source') }} as source,
        row_number() over (
            partition by {{ clari.clari_column('forecastId') }}
            order by {{ clari.clari_column('_airbyte_extracted_at') }} desc
        ) as newest
    from {{ source('clari', 'forecasts') }}
)

select
    forecast_id,
    coalesce(forecast_name, forecast_id) as forecast_name,
    source
from ranked
where newest = 1
