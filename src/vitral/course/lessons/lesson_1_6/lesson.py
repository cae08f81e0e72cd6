"""Lesson 1.6 as a marimo notebook: each cell shows a section of the text."""

import marimo

app = marimo.App(width="medium", css_file="../course.css")


@app.cell
def _():
    import marimo as mo

    from vitral.course import notebook

    lesson = notebook.open_lesson(mo, "1.6")
    return lesson, mo, notebook


@app.cell
def _(lesson, mo, notebook):
    notebook.heading(mo, lesson)
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "question")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "schemes")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "mean-sum")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "noise")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "race")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "clock")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "rates")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "floor")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "misconceptions")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "exercises")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "try")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "claims")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.section(mo, lesson, "references")
    return


@app.cell
def _(lesson, mo, notebook):
    notebook.ending(mo, lesson)
    return
