{# A source column, by Clari's own name, quoted as the destination spells it. #}
{% macro clari_column(name) %}
    {%- set spelling = var('clari_column_case', 'upper' if target.type == 'snowflake' else 'preserve') -%}
    {%- if spelling == 'lower' -%} {{ adapter.quote(name | lower) }}
    {%- elif spelling == 'upper' -%} {{ adapter.quote(name | upper) }}
    {%- elif spelling == 'preserve' -%} {{ adapter.quote(name) }}
    {%- else -%}
        {{ exceptions.raise_compiler_error('clari_column_case: lower, preserve or upper, not ' ~ spelling) }}
    {%- endif -%}
{% endmacro %}


{# A source column as text. #}
{% macro clari_text(name) %}
    {%- set column = clari.clari_column(name) -%}
    cast({{ column }} as {{ dbt.type_string() }})
{%- endmacro %}


{# A source column as text that names somebody: an empty one names nobody. #}
{% macro clari_text_or_null(name) -%}
    nullif({{ clari.clari_text(name) }}, '')
{%- endmacro %}


{# A source column as a day. #}
{% macro clari_date(name) %}
    {%- set column = clari.clari_column(name) -%}
    cast({{ column }} as date)
{%- endmacro %}


{# A source column as a number. #}
{% macro clari_number(name) %}
    {%- set column = clari.clari_column(name) -%}
    cast({{ column }} as {{ adapter.dispatch('clari_amount_type', 'clari')() }})
{%- endmacro %}

{% macro default__clari_amount_type() -%} {{ dbt.type_numeric() }} {%- endmacro %}

{# As exact as it came, whatever a sum or a maximum makes of it. #}
{% macro postgres__clari_amount_type() -%} numeric {%- endmacro %}


{# A source column as a moment in UTC, without a time zone, whether the destination keeps one or not. #}
{% macro clari_timestamp(name) %}
    {%- set column = clari.clari_column(name) -%}
    {{ return(adapter.dispatch('clari_timestamp', 'clari')(column)) }}
{%- endmacro %}

{% macro default__clari_timestamp(column) %} cast({{ column }} as {{ dbt.type_timestamp() }}) {% endmacro %}

{% macro duckdb__clari_timestamp(column) %} make_timestamp(epoch_us({{ column }})) {% endmacro %}

{# extract() counts a time without zone as UTC, where a cast would take the session's zone. #}
{% macro postgres__clari_timestamp(column) %}
    (to_timestamp(extract(epoch from {{ column }})) at time zone 'UTC')
{% endmacro %}

{% macro snowflake__clari_timestamp(column) %}
    cast(convert_timezone('UTC', {{ column }}) as timestamp_ntz)
{% endmacro %}
